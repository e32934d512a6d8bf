import t from "tap";
import { TurnBudget } from "./turn-budget.ts";

t.test("what is spent in a turn ends with the turn", async (t) => {
  const resets: (() => void)[] = [];
  const budget = new TurnBudget((reset) => resets.push(reset));
  t.ok(budget.left);
  budget.spend(1.5);
  t.ok(budget.left);
  budget.spend(0.6);
  t.notOk(budget.left);
  t.equal(resets.length, 1, "asked for once");
  resets[0]!();
  t.ok(budget.left);
  budget.spend(3);
  t.notOk(budget.left);
  t.equal(resets.length, 2);
});
