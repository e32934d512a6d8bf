import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";
import type { Identity, Names } from "./authority.ts";

const DAY_MS = 86_400_000;
/** A certificate with fewer days left than this is made anew at the next start. */
export const RENEW_DAYS = 30;

/** Why a leaf has to be made anew; undefined: it is good for at least {@link RENEW_DAYS} more days. */
export function staleBecause(leaf: Identity, authority: Identity, names: Names, now: Date): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(leaf.certificate);
  } catch {
    return "it cannot be read";
  }
  if (!certificate.verify(new X509Certificate(authority.certificate).publicKey)) return "another authority signed it";
  if (daysLeft(certificate, now) < RENEW_DAYS) return `it ends ${certificate.validTo}`;
  const expected = expectedNames(names);
  const actual = new Set((certificate.subjectAltName ?? "").split(", ").filter((name) => name !== ""));
  if (expected.size !== actual.size || [...expected].some((name) => !actual.has(name))) return "its names have changed";
  return undefined;
}

/** Whether an authority still outlives the leaves that it would sign now. */
export function authorityIsGood(authority: Identity, now: Date): boolean {
  try {
    return daysLeft(new X509Certificate(authority.certificate), now) >= 2 * RENEW_DAYS;
  } catch {
    return false;
  }
}

function daysLeft(certificate: X509Certificate, now: Date): number {
  return (new Date(certificate.validTo).getTime() - now.getTime()) / DAY_MS;
}

/** The names in the spelling of node:crypto's `subjectAltName`. */
function expectedNames({ uris = [], dns = [], ips = [] }: Names): Set<string> {
  return new Set([
    ...uris.map((uri) => `URI:${uri}`),
    ...dns.map((name) => `DNS:${name}`),
    ...ips.map((ip) => `IP Address:${isIPv6(ip) ? spelledOut(ip) : ip}`),
  ]);
}

/** An IPv6 address as OpenSSL prints it: eight groups, upper case, none left out. */
function spelledOut(ip: string): string {
  const [head = "", tail] = ip.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill("0");
  return [...front, ...gap, ...back].map((group) => Number.parseInt(group, 16).toString(16).toUpperCase()).join(":");
}
