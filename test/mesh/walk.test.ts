import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import tls from "node:tls";
import { create, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import t from "tap";
import {
  FusionService,
  RecommendRequestSchema,
  type RecommendResponse,
  RecommendResponseSchema,
} from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { findGoTool } from "../support/go-tool.ts";
import { startMesh } from "../support/mesh.ts";
import { run } from "../support/run.ts";
import { everyProtocol } from "./clients.ts";

const photos = path.resolve(process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing");

if (!existsSync(photos)) {
  const why = `skipped: no photographs at ${photos}; set FLASHFIT_PHOTOS to a folder with train/<category> and validation/<category>`;
  t.pass("needs real photographs", { skip: why });
} else {
  const mesh = await startMesh();
  t.teardown(() => mesh.stop());
  const flashfit = (...args: string[]) =>
    run(process.execPath, ["bin/flashfit.mjs", ...args], {
      FLASHFIT_URL: mesh.edgeUrl,
      FLASHFIT_CA: mesh.caFile,
      FLASHFIT_HOME: mesh.home,
    });
  const shoes = path.join(photos, "train/shoes", readdirSync(path.join(photos, "train/shoes")).sort()[3]!);
  const photo = readFileSync(shoes);

  /** "Mostly": more than half of the ten. */
  const mostlyShoes = (t: Tap, items: { category: string }[], who: string) => {
    t.equal(items.length, 10, `${who}: ten garments`);
    const hits = items.filter((item) => item.category === "shoes").length;
    t.ok(hits > 5, `${who}: mostly shoes`, { categories: items.map((item) => item.category) });
  };

  t.test("flashfit seed loads all 341 photographs, and again finds them all there", async (t) => {
    const first = await flashfit("seed", "--photos", path.join(photos, "validation"), "--json");
    t.equal(first.code, 0, "exit code", first);
    t.match(JSON.parse(first.stdout.trim().split("\n").at(-1)!), { added: 341, existed: 0, failed: [] }, "all of them");
    const again = await flashfit("seed", "--photos", path.join(photos, "validation"), "--json");
    t.match(JSON.parse(again.stdout.trim().split("\n").at(-1)!), { added: 0, existed: 341, failed: [] }, "resumable");
  });

  t.test("flashfit recommend, by photo and by words", async (t) => {
    const byPhoto = await flashfit("recommend", "--photo", shoes, "--json");
    t.equal(byPhoto.code, 0, "exit code", byPhoto);
    const { items } = JSON.parse(byPhoto.stdout);
    mostlyShoes(t, items, "photo");
    t.match(items[0], {
      id: String,
      category: String,
      score: Number,
      scores: { clip: Number, blip: Number, fashion: Number },
    });
    const byText = await flashfit("recommend", "--text", "a pair of shoes", "--json");
    mostlyShoes(t, JSON.parse(byText.stdout).items, "text");
  });

  t.test("curl on the REST paths", async (t) => {
    for (const rest of ["/api/recommend", "/api/fusion/recommend"]) {
      const { stdout, code } = await run(
        "curl",
        [
          "--silent",
          "--fail-with-body",
          "--max-time",
          "30",
          "--cacert",
          mesh.caFile,
          "-H",
          "content-type: application/json",
          "--data",
          "@-",
          mesh.edgeUrl + rest,
        ],
        {},
        JSON.stringify({ photo: photo.toString("base64") }),
      );
      t.equal(code, 0, rest, { stdout });
      mostlyShoes(t, JSON.parse(stdout).items, rest);
    }
  });

  t.test("Connect JSON, Connect, gRPC, gRPC-Web, @grpc/grpc-js", async (t) => {
    const { calls, close } = everyProtocol(mesh.edgeUrl, mesh.caFile);
    for (const [protocol, call] of calls) {
      const answer = await call(
        FusionService.method.recommend,
        create(RecommendRequestSchema, { query: { case: "photo", value: photo } }),
      );
      mostlyShoes(t, answer.items, protocol);
    }
    close();
  });

  t.test("a Connect-Web client, as a browser has it", async (t) => {
    tls.setDefaultCACertificates([readFileSync(mesh.caFile, "utf8")]); // what fetch trusts in this process
    for (const make of [createConnectTransport, createGrpcWebTransport]) {
      const client = createClient(FusionService, make({ baseUrl: mesh.edgeUrl }));
      const answer: RecommendResponse = await client.recommend(
        { query: { case: "photo", value: photo } },
        { timeoutMs: 30_000 },
      );
      mostlyShoes(t, answer.items, make.name);
      t.same(answer.degraded, [], "nothing was left out");
      t.ok(toJson(RecommendResponseSchema, answer), "is JSON as well");
    }
  });

  t.test("grpcurl with reflection", async (t) => {
    const grpcurl = findGoTool("grpcurl", "GRPCURL_BIN");
    if (!grpcurl)
      return t.pass("needs grpcurl", {
        skip: "skipped: no grpcurl on PATH or in ~/go/bin; go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4",
      });
    const host = new URL(mesh.edgeUrl).host;
    const listed = await run(grpcurl, ["-cacert", mesh.caFile, host, "list"], {});
    for (const service of [
      "encoder.v1.Encoder",
      "index.v1.Index",
      "fusion.v1.Fusion",
      "fusion.v1.Wardrobe",
      "feedback.v1.Feedback",
    ]) {
      t.match(listed.stdout, `flashfit.${service}Service`, "listed");
    }
    const { stdout, code, stderr } = await run(
      grpcurl,
      ["-cacert", mesh.caFile, "-max-time", "30", "-d", "@", host, "flashfit.fusion.v1.FusionService/Recommend"],
      {},
      JSON.stringify({ photo: photo.toString("base64") }),
    );
    t.equal(code, 0, "exit code", { stderr });
    mostlyShoes(t, JSON.parse(stdout).items, "grpcurl");
  });
}

type Tap = Pick<typeof t, "equal" | "ok">;
