/** Area under the ROC curve: how often one that is true scores higher than one that is not; equal scores count half. NaN without both. */
export function areaUnderCurve(scored: readonly { score: number; truth: boolean }[]): number {
  const sorted = [...scored].sort((a, b) => a.score - b.score);
  let [wins, falseBelow, trues] = [0, 0, 0];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end]?.score === sorted[start]?.score) end += 1;
    const same = sorted.slice(start, end);
    const truesHere = same.filter(({ truth }) => truth).length;
    wins += truesHere * (falseBelow + (same.length - truesHere) / 2);
    falseBelow += same.length - truesHere;
    trues += truesHere;
    start = end;
  }
  return wins / (trues * falseBelow);
}

/** Part of the questions whose right answer scores highest; with k equal best ones it counts 1/k. */
export function accuracyOfBest(questions: readonly { scores: readonly number[]; correct: number }[]): number {
  const points = questions.map(({ scores, correct }) => {
    const best = Math.max(...scores);
    return scores[correct] === best ? 1 / scores.filter((score) => score === best).length : 0;
  });
  return points.reduce((a, b) => a + b, 0) / questions.length;
}
