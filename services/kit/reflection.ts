import { type DescFile, type DescMessage, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Descriptors by file name and by symbol, as gRPC server reflection asks for them. */
export class DescriptorIndex {
  readonly services: readonly DescService[];
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  /** Extended message → field number → file that declares the extension. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #messages = new Map<string, DescMessage>();

  constructor(services: Iterable<DescService>) {
    this.services = [...new Map([...services].map((service) => [service.typeName, service])).values()];
    for (const service of this.services) this.#addFile(service.file);
  }

  /** All files, each once. */
  get files(): DescFile[] {
    return [...this.#files.values()];
  }

  file(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  /** The file that declares a service, method, message, enum, enum value, field, oneof or extension. */
  fileOfSymbol(symbol: string): DescFile | undefined {
    return this.#symbols.get(symbol.replace(/^\./, ""));
  }

  fileOfExtension(message: string, number: number): DescFile | undefined {
    return this.#extensions.get(message)?.get(number);
  }

  /** Numbers of the known extensions of a message, ascending; undefined for an unknown message. */
  extensionNumbers(message: string): number[] | undefined {
    if (!this.#messages.has(message)) return undefined;
    return [...(this.#extensions.get(message)?.keys() ?? [])].sort((a, b) => a - b);
  }

  #addFile(file: DescFile): void {
    const name = file.proto.name;
    if (this.#files.has(name)) return;
    this.#files.set(name, file);
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file);
      for (const method of service.methods) this.#symbols.set(`${service.typeName}.${method.name}`, file);
    }
    for (const message of file.messages) this.#addMessage(message, file);
    for (const { typeName, values, parent } of file.enums) this.#addEnum(typeName, values, parent?.typeName, file);
    for (const extension of file.extensions) this.#addExtension(extension, file);
    for (const dependency of file.dependencies) this.#addFile(dependency);
  }

  #addMessage(message: DescMessage, file: DescFile): void {
    this.#messages.set(message.typeName, message);
    this.#symbols.set(message.typeName, file);
    for (const { name } of [...message.fields, ...message.oneofs])
      this.#symbols.set(`${message.typeName}.${name}`, file);
    for (const nested of message.nestedMessages) this.#addMessage(nested, file);
    for (const { typeName, values } of message.nestedEnums) this.#addEnum(typeName, values, message.typeName, file);
    for (const extension of message.nestedExtensions) this.#addExtension(extension, file);
  }

  /** Enum values are symbols of the scope around the enum, as in C++. */
  #addEnum(typeName: string, values: readonly { name: string }[], scope: string | undefined, file: DescFile): void {
    const around = scope ?? file.proto.package;
    this.#symbols.set(typeName, file);
    for (const { name } of values) {
      this.#symbols.set(`${typeName}.${name}`, file);
      this.#symbols.set(around ? `${around}.${name}` : name, file);
    }
  }

  #addExtension(extension: { typeName: string; number: number; extendee: DescMessage }, file: DescFile): void {
    this.#symbols.set(extension.typeName, file);
    const numbers = this.#extensions.get(extension.extendee.typeName) ?? new Map<number, DescFile>();
    this.#extensions.set(extension.extendee.typeName, numbers.set(extension.number, file));
  }
}

/** A file and everything that it imports, serialized, dependencies after the file itself. */
export function fileWithImports(file: DescFile): Uint8Array[] {
  const seen = new Set<DescFile>();
  const visit = (next: DescFile) => {
    if (seen.has(next)) return;
    seen.add(next);
    next.dependencies.forEach(visit);
  };
  visit(file);
  return [...seen].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}
