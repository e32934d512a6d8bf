import type { Row } from "../kit/dashboard.ts";
import { graph } from "../kit/panels.ts";
import { perSecond, quantile } from "../kit/queries.ts";

const ofService = '{service=~"$service"}';
const atEdge = '{envoy_http_conn_manager_prefix="edge"}';

/** Bytes, and the calls that one answer costs inside. */
export const throughput: Row = {
  title: "Throughput",
  panels: [
    graph({
      title: "Edge traffic",
      description:
        "Bytes that come in and go out at the edge, as sent, TLS and headers included. Good: far below what the network carries.",
      unit: "Bps",
      queries: {
        in: perSecond(`envoy_http_downstream_cx_rx_bytes_total${atEdge}`),
        out: perSecond(`envoy_http_downstream_cx_tx_bytes_total${atEdge}`),
      },
      width: 8,
    }),
    graph({
      title: "Message bytes",
      description:
        "Payload of RPC messages by service, before compression. Good: photos make the most of what comes in.",
      unit: "Bps",
      queries: {
        "{{service}} in": perSecond(`rpc_server_request_bytes_sum${ofService}`, ["service"]),
        "{{service}} out": perSecond(`rpc_server_response_bytes_sum${ofService}`, ["service"]),
      },
      width: 8,
    }),
    graph({
      title: "Calls between services p95",
      description:
        "As the calling service sees it, through Envoy and with its retries. Good: close to the called service's own time.",
      unit: "s",
      queries: {
        "{{service}} → {{method}}": quantile(0.95, `rpc_client_duration_seconds${ofService}`, ["service", "method"]),
      },
      width: 8,
      noValue: "no calls",
    }),
  ],
};
