import type { Row } from "../kit/dashboard.ts";
import { limits } from "../kit/limits.ts";
import { graph } from "../kit/panels.ts";
import { orZero, perSecond, ratio } from "../kit/queries.ts";

const recommends = '{rpc_service="flashfit.fusion.v1.FusionService",method="Recommend"}';

/** What people do with it, and whether they get whole answers. */
export const use: Row = {
  title: "What people do",
  panels: [
    graph({
      title: "Recommendations by outcome",
      description:
        "Calls of Recommend by their code. Good: ok; invalid_argument is a caller's mistake, anything else is ours.",
      unit: "reqps",
      queries: { "{{code}}": perSecond(`rpc_server_requests_total${recommends}`, ["code"]) },
      width: 6,
      stack: true,
    }),
    graph({
      title: "Degraded share",
      description:
        "Parts that were left out, for each recommendation that was given: a model, an index, the person's profile. Good: 0.",
      unit: "percentunit",
      queries: {
        degraded: ratio(
          orZero(perSecond("fusion_degraded_total")),
          perSecond(`rpc_server_requests_total${recommends}`),
        ),
      },
      width: 6,
      limit: limits.degradedRatio,
      noValue: "no recommendations",
    }),
    graph({
      title: "Photos",
      description: "Photos received, by outcome. Good: accepted and cached; the others say why they were refused.",
      unit: "cps",
      queries: { "{{outcome}}": perSecond("photo_uploads_total", ["outcome"]) },
      width: 6,
      stack: true,
    }),
    graph({
      title: "Feedback",
      description:
        "Events of likes, wears and skips by result. Good: recorded; duplicates are sent twice and count once.",
      unit: "cps",
      queries: { "{{result}}": perSecond("feedback_events_total", ["result"]) },
      width: 6,
      stack: true,
    }),
  ],
};
