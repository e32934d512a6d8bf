import t from "tap";
import { commandNames, helpText, loadCommand } from "./commands.ts";

t.test("every file in commands/ is a command named as its file", async (t) => {
  for (const name of await commandNames()) {
    const command = await loadCommand(name);
    t.equal(command.name, name);
    t.match(command.summary, /\S/);
    t.type(command.run, "function");
  }
});

t.test("the help text names every command", async (t) => {
  const text = await helpText();
  for (const name of await commandNames()) t.match(text, new RegExp(`^ {2}${name}\\b`, "m"));
});
