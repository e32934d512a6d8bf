import { type Axis, barOn } from "../state/axis.ts";

/** What each model says about one garment, as bars on one axis. */
export function ScoreBars({ models, scores, axis }: ScoreBarsProps) {
  return (
    <dl className="grid grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-1 text-xs">
      {models.map((model) => (
        <Bar key={model} model={model} score={scores[model]} axis={axis} />
      ))}
    </dl>
  );
}

function Bar({ model, score, axis }: { model: string; score: number | undefined; axis: Axis }) {
  if (score === undefined) {
    return (
      <>
        <dt className="text-muted">{model}</dt>
        <dd className="col-span-2 text-muted">did not find it</dd>
      </>
    );
  }
  const { start, length } = barOn(axis, score);
  return (
    <>
      <dt className="text-muted">{model}</dt>
      <dd>
        <meter className="sr-only" aria-label={`${model}: cosine similarity`} min={-1} max={1} value={score}>
          {score.toFixed(2)}
        </meter>
        <svg aria-hidden="true" width="100%" height="6" className="block">
          <rect width="100%" height="6" rx="3" className="fill-well" />
          <rect x={`${start}%`} width={`${length}%`} height="6" rx="3" className="fill-accent" />
          {axis.from < 0 && <rect x="50%" width="1" height="6" className="fill-ink" />}
        </svg>
      </dd>
      <dd className="text-right tabular-nums">{score.toFixed(2)}</dd>
    </>
  );
}

interface ScoreBarsProps {
  /** In the order of the bars. */
  models: readonly string[];
  /** Cosine by model; a model that did not find the garment is absent. */
  scores: Record<string, number>;
  axis: Axis;
}
