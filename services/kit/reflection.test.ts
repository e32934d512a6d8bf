import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import t from "tap";
import { file_buf_validate_validate } from "../../gen/buf/validate/validate_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { DescriptorIndex, fileWithImports } from "./reflection.ts";

const index = new DescriptorIndex([WardrobeService, WardrobeService]);
const file = WardrobeService.file;

t.test("a service given twice is listed once", async (t) => {
  t.same(
    index.services.map(({ typeName }) => typeName),
    ["flashfit.fusion.v1.WardrobeService"],
  );
});

t.test("services, methods, messages and fields lead to their file", async (t) => {
  for (const symbol of ["", ".ListGarments"]) {
    t.equal(index.fileOfSymbol(`${WardrobeService.typeName}${symbol}`), file);
  }
  t.equal(index.fileOfSymbol("flashfit.fusion.v1.ListGarmentsRequest"), file);
  t.equal(index.fileOfSymbol(".flashfit.fusion.v1.ListGarmentsRequest.owner_id"), file);
  t.equal(index.fileOfSymbol("flashfit.fusion.v1.Nothing"), undefined);
});

t.test("a file comes with everything that it imports, each once", async (t) => {
  const names = fileWithImports(file).map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
  t.equal(names[0], "flashfit/fusion/v1/wardrobe.proto");
  t.equal(new Set(names).size, names.length);
  for (const name of names) t.ok(index.file(name), name);
  for (const dependency of file.dependencies) t.ok(names.includes(dependency.proto.name));
});

t.test("extensions are found by the message that they extend and their number", async (t) => {
  const [extension] = file_buf_validate_validate.extensions;
  if (!extension) throw new Error("validate.proto declares no extension");
  const message = extension.extendee.typeName;
  t.equal(index.fileOfExtension(message, extension.number)?.proto.name, "buf/validate/validate.proto");
  t.ok(index.extensionNumbers(message)?.includes(extension.number));
  t.equal(index.extensionNumbers("flashfit.Nothing"), undefined);
});
