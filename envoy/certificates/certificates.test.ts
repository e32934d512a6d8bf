import { X509Certificate } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { ensureMeshCertificates, MESH_MEMBERS, spiffeId } from "./mesh.ts";

const NOW = new Date("2026-11-21T00:00:00Z");
const later = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

t.test("a first start makes an authority and one identity for each member and the edge", async (t) => {
  const folder = join(t.testdir(), "certs");
  t.same(await ensureMeshCertificates({ folder, now: NOW }), ["ca", ...MESH_MEMBERS, "edge"]);
  const ca = new X509Certificate(await readFile(join(folder, "ca.crt")));
  t.ok(ca.ca);
  t.ok(new Date(ca.validTo) > later(3649));
  for (const member of MESH_MEMBERS) {
    const leaf = new X509Certificate(await readFile(join(folder, `${member}.crt`)));
    t.ok(leaf.verify(ca.publicKey) && leaf.checkIssued(ca), `${member} is signed by the authority`);
    t.match(leaf.subjectAltName, `URI:${spiffeId(member)}`);
    t.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  }
  const edge = new X509Certificate(await readFile(join(folder, "edge.crt")));
  t.equal(edge.checkHost("localhost"), "localhost");
  t.equal(edge.checkIP("127.0.0.1"), "127.0.0.1");
  t.equal(edge.checkIP("::1"), "::1");
  for (const file of await readdir(folder))
    t.equal((await stat(join(folder, file))).mode & 0o777, 0o600, `${file} is private`);
});

t.test("certificates are kept while they are good", async (t) => {
  const folder = t.testdir();
  await ensureMeshCertificates({ folder, now: NOW });
  t.same(await ensureMeshCertificates({ folder, now: later(300) }), []);
});

t.test("certificates with less than 30 days left are renewed by the same authority", async (t) => {
  const folder = t.testdir();
  await ensureMeshCertificates({ folder, now: NOW });
  const before = await readFile(join(folder, "ca.crt"), "utf8");
  t.same(await ensureMeshCertificates({ folder, now: later(336) }), [...MESH_MEMBERS, "edge"]);
  t.equal(await readFile(join(folder, "ca.crt"), "utf8"), before);
});

t.test("other names make a new certificate, and only that one", async (t) => {
  const folder = t.testdir();
  await ensureMeshCertificates({ folder, now: NOW });
  const edge = { dns: ["wardrobe.example"], ips: ["2001:db8::1:2"] };
  t.same(await ensureMeshCertificates({ folder, now: NOW, edge }), ["edge"]);
  t.same(await ensureMeshCertificates({ folder, now: NOW, edge }), []);
});

t.test("a damaged certificate is made anew", async (t) => {
  const folder = t.testdir();
  await ensureMeshCertificates({ folder, now: NOW });
  await writeFile(join(folder, "index.crt"), "not a certificate");
  t.same(await ensureMeshCertificates({ folder, now: NOW }), ["index"]);
});

t.test("a new authority makes all certificates anew", async (t) => {
  const folder = t.testdir();
  await ensureMeshCertificates({ folder, now: NOW });
  t.same(await ensureMeshCertificates({ folder, now: later(3600) }), ["ca", ...MESH_MEMBERS, "edge"]);
});
