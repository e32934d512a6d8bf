import { once } from "node:events";
import * as http2 from "node:http2";
import t from "tap";
import { createAuthority, issue } from "../../envoy/certificates/authority.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";

const PEER = "spiffe://flashfit/envoy";
const RESETS = 3000;

const now = new Date();
const authority = await createAuthority("resets", now);
const names = { commonName: "envoy", uris: [PEER], dns: ["localhost"], ips: ["127.0.0.1"] };
const { certificate: cert, privateKey: key } = await issue(authority, names, now);
const tls = { ca: authority.certificate, cert, key };

/** Begin calls and give them up, one after another on one connection; what a last call on it is answered, if it gets there. */
async function afterResets(session: http2.ClientHttp2Session): Promise<number | string> {
  const path = `/${IndexService.typeName}/ListIndexes`;
  const fields = { ":method": "POST", ":path": path, "content-type": "application/json" };
  const ended = new Promise<"cut off">((resolve) => session.once("goaway", () => resolve("cut off")));
  for (let n = 0; n < RESETS; n++) {
    const stream = session.request(fields);
    stream.on("error", () => {});
    const closed = new Promise<void>((resolve) => stream.once("close", resolve));
    stream.close(http2.constants.NGHTTP2_CANCEL);
    if ((await Promise.race([closed, ended])) === "cut off") return "cut off";
  }
  const stream = session.request(fields);
  stream.end("{}");
  const [answer] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  stream.resume();
  return Number(answer[":status"]);
}

t.test("Envoy, which brings everybody's calls, may give up thousands of them on one connection", async (t) => {
  const server = await createServer({
    ...{ name: "index", host: "127.0.0.1", port: 0, services: [IndexService], health: new HealthRegistry() },
    tls: { ...tls, peerId: PEER },
  });
  server.install([implement(IndexService, { listIndexes: () => ({}) })]);
  const session = http2.connect(server.url, tls);
  session.on("error", () => {}); // told by goaway
  t.teardown(async () => {
    session.destroy();
    await server.stop(0);
  });
  t.equal(await afterResets(session), 200);
});
