import "reflect-metadata"; // first, because the parts of @peculiar/x509 find each other through it
import type { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** Certificates start a little in the past, so that a clock that is a bit behind accepts them. */
const BACKDATE_MS = 60 * 60 * 1000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A certificate and its private key, both PEM (X.509, PKCS #8). */
export interface Identity {
  certificate: string;
  privateKey: string;
}

/** The names that a certificate vouches for. */
export interface Names {
  commonName: string;
  /** URI names, such as SPIFFE ids. */
  uris?: string[];
  dns?: string[];
  ips?: string[];
}

/** Makes the certificate authority of one installation; it lives 10 years and signs leaves only. */
export async function createAuthority(commonName: string, now: Date): Promise<Identity> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    ...validity(now, CA_DAYS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exportKey(keys.privateKey) };
}

/** Makes a certificate for both ends of TLS (server and client), EC P-256, valid for a year. */
export async function issue(authority: Identity, names: Names, now: Date): Promise<Identity> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await importKey(authority.privateKey);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${names.commonName}`,
    issuer: issuer.subject,
    ...validity(now, LEAF_DAYS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(names)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), privateKey: await exportKey(keys.privateKey) };
}

function alternativeNames({ uris = [], dns = [], ips = [] }: Names): x509.JsonGeneralNames {
  return [
    ...uris.map((value) => ({ type: "url" as const, value })),
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...ips.map((value) => ({ type: "ip" as const, value })),
  ];
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - BACKDATE_MS), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (!der)
    throw new TypeError("expected a PEM block with a private key, got none: delete the certs folder to make new ones");
  return crypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}
