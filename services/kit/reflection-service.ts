import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflection as ServerReflectionAlpha,
  type ServerReflectionRequest as ServerReflectionRequestAlpha,
  type ServerReflectionResponseSchema as ServerReflectionResponseSchemaAlpha,
} from "../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { type DescriptorIndex, fileWithImports } from "./reflection.ts";

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;
type AnswerAlpha = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchemaAlpha>["messageResponse"]>;

/** Answer grpc.reflection.v1 and v1alpha. The two differ in their package only. */
export function reflectionRoutes(router: ConnectRouter, index: DescriptorIndex): void {
  router.service(ServerReflection, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: answer(index, request) };
      }
    },
  });
  router.service(ServerReflectionAlpha, {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(index, request) as AnswerAlpha,
        };
      }
    },
  });
}

function answer(
  index: DescriptorIndex,
  { messageRequest: asked }: ServerReflectionRequest | ServerReflectionRequestAlpha,
): Answer {
  switch (asked.case) {
    case "listServices":
      return {
        case: "listServicesResponse",
        value: { service: index.services.map(({ typeName }) => ({ name: typeName })) },
      };
    case "fileByFilename":
      return files(index.file(asked.value), `file ${asked.value}`);
    case "fileContainingSymbol":
      return files(index.fileOfSymbol(asked.value), `symbol ${asked.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = asked.value;
      return files(
        index.fileOfExtension(containingType, extensionNumber),
        `extension ${extensionNumber} of ${containingType}`,
      );
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionNumbers(asked.value);
      if (!extensionNumber) return failure(Code.NotFound, `unknown message ${asked.value}`);
      return { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber } };
    }
    default:
      return failure(Code.InvalidArgument, "no message_request is set");
  }
}

function files(file: Parameters<typeof fileWithImports>[0] | undefined, what: string): Answer {
  if (!file) return failure(Code.NotFound, `unknown ${what}`);
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto: fileWithImports(file) } };
}

function failure(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
