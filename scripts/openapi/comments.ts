import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
} from "@bufbuild/protobuf";

type Described = DescMessage | DescEnum | DescService | DescField | DescEnumValue | DescMethod;

// Field numbers in google/protobuf/descriptor.proto, of which the paths in SourceCodeInfo are made.
const [MESSAGE, ENUM, SERVICE] = [4, 5, 6];
const [FIELD, VALUE, METHOD] = [2, 2, 2];

/** The comment that stands before something in its .proto; "" for none. Only for what is not nested in a message. */
export function commentOf(desc: Described): string {
  const path = pathOf(desc);
  if (!path) return "";
  const comments = commentsOf("file" in desc ? desc.file : desc.parent.file);
  return comments.get(path.join(".")) ?? "";
}

function pathOf(desc: Described): number[] | undefined {
  switch (desc.kind) {
    case "message":
      return desc.parent ? undefined : [MESSAGE, desc.file.messages.indexOf(desc)];
    case "enum":
      return desc.parent ? undefined : [ENUM, desc.file.enums.indexOf(desc)];
    case "service":
      return [SERVICE, desc.file.services.indexOf(desc)];
    case "field":
      return below(desc.parent, FIELD, desc.parent.proto.field.indexOf(desc.proto));
    case "enum_value":
      return below(desc.parent, VALUE, desc.parent.values.indexOf(desc));
    case "rpc":
      return below(desc.parent, METHOD, desc.parent.methods.indexOf(desc));
  }
}

function below(parent: Described, part: number, at: number): number[] | undefined {
  const path = pathOf(parent);
  return path && [...path, part, at];
}

function commentsOf(file: DescFile): Map<string, string> {
  const known = read.get(file);
  if (known) return known;
  const comments = new Map(
    (file.proto.sourceCodeInfo?.location ?? [])
      .filter(({ leadingComments }) => leadingComments)
      .map(({ path, leadingComments }) => [path.join("."), cleaned(leadingComments)]),
  );
  read.set(file, comments);
  return comments;
}

const read = new WeakMap<DescFile, Map<string, string>>();

function cleaned(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim();
}
