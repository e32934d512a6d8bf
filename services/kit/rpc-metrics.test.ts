import { create, toBinary } from "@bufbuild/protobuf";
import type { UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t from "tap";
import {
  FeedbackService,
  RecommendationSchema,
  RecordRecommendationsRequestSchema,
  RecordRecommendationsResponseSchema,
} from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { rpcMetricsInterceptor } from "./rpc-metrics.ts";

t.test("what a message holds as it stands on the wire counts in its size", async (t) => {
  const registry = new Registry();
  const method = FeedbackService.method.recordRecommendations;
  const data = toBinary(RecommendationSchema, create(RecommendationSchema, { id: "x".repeat(5000) }));
  const message = create(RecordRecommendationsRequestSchema);
  message.$unknown = [{ no: 1, wireType: 2, data }];
  const header = new Headers();
  const answer = create(RecordRecommendationsResponseSchema, { recorded: [{ code: "aborted" }] });
  const request = { stream: false, service: FeedbackService, method, message, header } as unknown as UnaryRequest;
  const ended = { stream: false, service: FeedbackService, method, message: answer, header, trailer: header };
  await rpcMetricsInterceptor("client", registry)(async () => ended as UnaryResponse)(request);
  const sum = async (name: string) => {
    const text = await registry.getSingleMetricAsString(name);
    return Number(/_sum\{[^}]*\} (\S+)/.exec(text)?.[1]);
  };
  const sent = await sum("rpc_client_request_bytes");
  t.ok(sent >= data.byteLength && sent < data.byteLength + 100, `${sent} of ${data.byteLength} bytes`);
  t.equal(await sum("rpc_client_response_bytes"), "aborted".length + 4);
});
