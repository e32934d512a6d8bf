/** What the closing block of a start tells. */
export interface Welcome {
  /** Without a slash at the end: https://127.0.0.1:8443 */
  edgeUrl: string;
  adminUrl: string;
  /** Metrics by service. */
  metrics: Record<string, string>;
  postgres: string;
  valkey: string;
  /** The CA's certificate, as it is best named from where the person is. */
  caFile: string;
  logs: string;
  /** grpcurl's binary, if there is one. */
  grpcurl?: string;
}

/** The one block that is printed once the edge answers 200 on /ready. */
export function welcomeText(w: Welcome): string {
  const authority = w.edgeUrl.replace("https://", "");
  const metrics = Object.entries(w.metrics).map(([name, url]) => `             ${name.padEnd(9)} ${url}`);
  return `
FlashFit Mesh is up.

  the page   ${w.edgeUrl}/app/   (its certificate is this machine's own: the browser asks once)
  edge       ${w.edgeUrl}   how it is: /health, /ready
  admin      ${w.adminUrl}
  PostgreSQL ${w.postgres}
  Valkey     ${w.valkey}
  metrics
${metrics.join("\n")}

  ask it     curl --cacert ${w.caFile} ${w.edgeUrl}/api/recommend \\
               -H 'content-type: application/json' -d '{"text":"red running shoes","k":3}'
  over gRPC  ${w.grpcurl ?? "grpcurl"} -cacert ${w.caFile} -d '{"text":"red running shoes","k":3}' \\
               ${authority} flashfit.fusion.v1.FusionService/Recommend
  fill it    npm run flashfit -- seed --sample     (or: seed --photos FOLDER)
  look       npm run flashfit -- status            logs: ${w.logs}
  watch it   npm run observe                       Prometheus and Alertmanager beside the mesh
  stop       Ctrl-C here, or: npm run flashfit -- down
`;
}
