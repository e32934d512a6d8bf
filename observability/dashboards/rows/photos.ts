import type { Row } from "../kit/dashboard.ts";
import { graph, stat } from "../kit/panels.ts";
import { perSecond, quantile } from "../kit/queries.ts";

const lookups = "encoder_cache_lookups_total";
const found = 'encoder_cache_lookups_total{outcome="hit"}';

/** Photos as they arrive, and the work that the cache saves. */
export const photos: Row = {
  title: "Photos and cache",
  panels: [
    graph({
      title: "Photo uploads by outcome",
      description: "Good: accepted and cached. Others name what was wrong: not a photo, too large, too many pixels.",
      unit: "cps",
      queries: { "{{outcome}}": perSecond("photo_uploads_total", ["outcome"]) },
      width: 8,
      stack: true,
    }),
    graph({
      title: "Photo size",
      description:
        "Bytes of a received photo; 10 MB is the most. Good: below 1 MB, larger ones cost time and add nothing.",
      unit: "bytes",
      queries: { p50: quantile(0.5, "photo_upload_bytes"), p95: quantile(0.95, "photo_upload_bytes") },
      width: 8,
      noValue: "no photos",
    }),
    graph({
      title: "Photo traffic",
      description: "Bytes of photos received a second. Good: follows the number of photos.",
      unit: "Bps",
      queries: { received: perSecond("photo_upload_bytes_sum") },
      width: 8,
    }),
    stat({
      title: "Cache hit rate",
      description:
        "Share of embeddings that were computed before, by kind. Good: above 50 % for texts, near 0 for new photos.",
      unit: "percentunit",
      queries: { "{{kind}}": `sum by (kind) (${found}) / sum by (kind) (${lookups})` },
      width: 6,
      height: 8,
      noValue: "no hits yet",
    }),
    graph({
      title: "Cache lookups",
      description: "Embeddings looked up, by kind and outcome. Good: more hits than misses once people ask again.",
      unit: "cps",
      queries: { "{{kind}} {{outcome}}": perSecond(lookups, ["kind", "outcome"]) },
      width: 6,
      stack: true,
    }),
    graph({
      title: "Shared work",
      description:
        "Misses answered by equal work that was under way, by kind. Good: none to few; many say that callers send the same at once.",
      unit: "cps",
      queries: { "{{kind}}": perSecond("encoder_cache_shared_total", ["kind"]) },
      width: 6,
      noValue: "nothing was shared",
    }),
    graph({
      title: "Cache requests",
      description:
        "What Valkey answered the Encoder. Good: hit, miss and stored; an error or timeout costs no answer, only its time.",
      unit: "cps",
      queries: {
        "{{operation}} {{outcome}}": perSecond('cache_requests_total{service="encoder"}', ["operation", "outcome"]),
      },
      width: 6,
      stack: true,
    }),
  ],
};
