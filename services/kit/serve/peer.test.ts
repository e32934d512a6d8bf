import t from "tap";
import { peerRefusal, uriNames } from "./peer.ts";

t.test("URIs are read from a certificate's names", async (t) => {
  t.same(uriNames("URI:spiffe://mesh/envoy, DNS:localhost, IP Address:127.0.0.1"), ["spiffe://mesh/envoy"]);
  t.same(uriNames("DNS:a, URI:spiffe://mesh/a, URI:spiffe://mesh/b"), ["spiffe://mesh/a", "spiffe://mesh/b"]);
  t.same(uriNames(undefined), []);
});

t.test("a name with a comma inside is one name: nothing can be smuggled in by quoting", async (t) => {
  t.same(uriNames('DNS:"evil, URI:spiffe://mesh/envoy", DNS:b'), []);
  t.same(uriNames('URI:"spiffe://mesh/a, URI:spiffe://mesh/envoy"'), ["spiffe://mesh/a, URI:spiffe://mesh/envoy"]);
});

t.test("only the one expected URI is let in", async (t) => {
  t.equal(peerRefusal(["spiffe://mesh/envoy"], "spiffe://mesh/envoy"), undefined);
  t.match(
    peerRefusal([], "spiffe://mesh/envoy")?.rawMessage,
    /names no URI; this server answers spiffe:\/\/mesh\/envoy/,
  );
  t.ok(peerRefusal(["spiffe://mesh/cli"], "spiffe://mesh/envoy"));
  t.ok(peerRefusal(["spiffe://mesh/envoy", "spiffe://mesh/cli"], "spiffe://mesh/envoy"), "SPIFFE wants exactly one");
});
