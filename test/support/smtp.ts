import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A mail server that takes every mail and delivers none. */
export interface TestSmtp {
  /** host:port */
  address: string;
  /** Resolves with the first mail whose text matches, envelope included. */
  arrival(pattern: RegExp, withinMs: number): Promise<string>;
  stop(): Promise<void>;
}

export async function startSmtp(): Promise<TestSmtp> {
  const mails: string[] = [];
  const looks = new Set<() => void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket, (mail) => {
      mails.push(mail);
      for (const look of [...looks]) look();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrival(pattern, withinMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () =>
            reject(
              new Error(`no mail like ${pattern} within ${withinMs} ms; ${mails.length} came: ${mails.join("\n")}`),
            ),
          withinMs,
        );
        const look = () => {
          const found = mails.find((mail) => pattern.test(mail));
          if (found === undefined) return;
          clearTimeout(timer);
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      });
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** One conversation (RFC 5321), as much as a sender needs. */
function serve(socket: Socket, take: (mail: string) => void): void {
  let unread = "";
  let mail = "";
  let inData = false;
  const say = (line: string) => socket.write(`${line}\r\n`);
  say("220 test mail server");
  socket.on("error", () => {}); // the sender hung up
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (unread + chunk).split("\r\n");
    unread = lines.pop() ?? "";
    for (const line of lines) {
      if (inData && line !== ".") mail += `${line}\n`;
      else if (inData) {
        inData = false;
        take(mail);
        mail = "";
        say("250 taken");
      } else if (/^DATA/i.test(line)) {
        inData = true;
        say("354 go on");
      } else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
      else {
        if (/^(MAIL|RCPT)/i.test(line)) mail += `${line}\n`;
        say("250 fine");
      }
    }
  });
}
