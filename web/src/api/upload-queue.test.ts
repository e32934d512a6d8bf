import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { type Garment, GarmentSchema } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { createUploadQueue, type UploadQueue } from "./upload-queue.ts";

const photo = (name: string, type = "image/jpeg") => new File(["bytes"], name, { type });
const kinds = (queue: UploadQueue) => queue.get().map(({ state }) => state.kind);

/** A server of which a test decides when and how each call ends. */
function server() {
  const calls: {
    name: string;
    signal: AbortSignal;
    answer: (existed?: boolean) => void;
    fail: (e: unknown) => void;
  }[] = [];
  const add = (file: File, signal: AbortSignal) =>
    new Promise<{ garment: Garment; existed: boolean }>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      const garment = create(GarmentSchema, { id: file.name });
      calls.push({
        name: file.name,
        signal,
        answer: (existed = false) => resolve({ garment, existed }),
        fail: reject,
      });
    });
  return { calls, add };
}

/** Resolves once this is so; what it waits for are steps of promises, not time. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise(setImmediate);
}

const atOnce = () => Promise.resolve();

t.test("three are sent at a time, in the order they came", async (t) => {
  const { calls, add } = server();
  const done: string[] = [];
  const queue = createUploadQueue({ add, wait: atOnce, onDone: ({ state }) => done.push(state.garment.id) });
  queue.add(["a", "b", "c", "d"].map((name) => photo(name)));
  t.same(kinds(queue), ["adding", "adding", "adding", "waiting"]);
  calls[1]!.answer();
  await until(() => kinds(queue)[3] === "adding");
  t.same(
    calls.map(({ name }) => name),
    ["a", "b", "c", "d"],
  );
  calls[0]!.answer(true);
  calls[2]!.answer();
  calls[3]!.answer();
  await until(() => kinds(queue).every((kind) => kind === "done"));
  t.match(queue.get()[0]!.state, { kind: "done", existed: true, garment: { id: "a" } });
  t.same(done, ["b", "a", "c", "d"]);
});

t.test("a busy server is waited for as long as it says", async (t) => {
  const { calls, add } = server();
  const waits: number[] = [];
  const queue = createUploadQueue({
    add,
    wait: async (ms) => {
      waits.push(ms);
      t.same(kinds(queue), ["pausing"]);
    },
  });
  queue.add([photo("a")]);
  calls[0]!.fail(new ConnectError("too many calls", Code.ResourceExhausted, { "retry-after": "2" }));
  await until(() => calls.length === 2);
  calls[1]!.answer();
  await until(() => kinds(queue)[0] === "done");
  t.same(waits, [2000]);
});

t.test("what is no photo is refused and never sent", async (t) => {
  const { calls, add } = server();
  const queue = createUploadQueue({ add, wait: atOnce });
  queue.add([photo("notes.txt", "text/plain"), photo("a")]);
  t.same(kinds(queue), ["refused", "adding"]);
  t.same(
    calls.map(({ name }) => name),
    ["a"],
  );
});

t.test("a refusal of the server stands; a part that is away can be tried again", async (t) => {
  const { calls, add } = server();
  const queue = createUploadQueue({ add, wait: atOnce });
  queue.add([photo("broken"), photo("a")]);
  calls[0]!.fail(new ConnectError("photo: is broken", Code.InvalidArgument));
  calls[1]!.fail(new ConnectError("no encoder", Code.Unavailable));
  await until(() => kinds(queue).join() === "refused,failed");
  t.match(queue.get()[0]!.state, { reason: "photo: is broken" });
  t.match(queue.get()[1]!.state, { reason: /no encoder/ });
  queue.retry(queue.get()[0]!.key);
  t.equal(calls.length, 2, "a refused one is not sent again");
  queue.retry(queue.get()[1]!.key);
  calls[2]!.answer();
  await until(() => kinds(queue)[1] === "done");
});

t.test("taking one away ends its call and lets the next one go", async (t) => {
  const { calls, add } = server();
  const queue = createUploadQueue({ add, wait: atOnce, parallel: 1 });
  queue.add([photo("a"), photo("b")]);
  queue.remove(queue.get()[0]!.key);
  await until(() => kinds(queue).join() === "adding");
  t.ok(calls[0]!.signal.aborted);
  t.equal(calls[1]!.name, "b");
  calls[1]!.answer();
  await until(() => kinds(queue).join() === "done");
  queue.add([photo("c"), photo("d")]);
  queue.cancelAll();
  t.same(kinds(queue), ["done"], "what is done stays");
  queue.forgetDone();
  t.same(kinds(queue), []);
});
