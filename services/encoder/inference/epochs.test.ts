import t from "tap";
import { Epochs } from "./epochs.ts";

function call(epochs: Epochs) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { held: epochs.hold(() => promise), end: resolve };
}

/** Whether it has settled, once all that is due has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await new Promise(setImmediate);
  return settled;
}

t.test("settles when all calls that began before have ended, whatever began after", async (t) => {
  const epochs = new Epochs();
  const [first, second] = [call(epochs), call(epochs)];
  const settled = epochs.settled();
  const later = call(epochs);
  first.end();
  t.notOk(await isSettled(settled));
  second.end();
  t.ok(await isSettled(settled));
  later.end();
  await Promise.all([first.held, second.held, later.held]);
});

t.test("a second swap waits for the calls of the first as well", async (t) => {
  const epochs = new Epochs();
  const [oldest] = [call(epochs)];
  const first = epochs.settled();
  const second = epochs.settled();
  t.notOk(await isSettled(second));
  oldest.end();
  t.ok((await isSettled(first)) && (await isSettled(second)));
});

t.test("settles at once when nobody holds; a call that fails lets go, and says why", async (t) => {
  const epochs = new Epochs();
  await epochs.settled();
  await t.rejects(
    epochs.hold(() => Promise.reject(new Error("no"))),
    { message: "no" },
  );
  await epochs.settled();
});
