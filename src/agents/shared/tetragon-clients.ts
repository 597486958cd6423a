/**
 * Programs that take Tetragon's events from its gRPC server: `tetra`, which prints them as JSON, and curl, which writes the bytes to a file and decodes
 * nothing. The service is that of api/v1/tetragon/sensors.proto in https://github.com/cilium/tetragon.
 */
import { EVENT_TYPES } from "./tetragon-flags.ts";

export const GET_EVENTS = "tetragon.FineGuidanceSensors/GetEvents";

/** Of a unary request: not compressed, six bytes long. */
const GRPC_PREFIX = "\0\0\0\0\u0006";
/** GetEventsRequest (api/v1/tetragon/events.proto): allow_list with one filter, whose event_set is PROCESS_EXEC and PROCESS_KPROBE. */
export const EVENTS_REQUEST = `${GRPC_PREFIX}\n\u0004\u0032\u0002\u0001\t`;

const TETRA_OUTPUT = ["--output", "json", "--event-types", EVENT_TYPES] as const;

export const TETRA_READER = `tetra getevents ${TETRA_OUTPUT.join(" ")}`;

export const tetraArguments = (socket: string): readonly string[] => [
  "getevents",
  "--server-address",
  `unix://${socket}`,
  ...TETRA_OUTPUT,
];

export const CURL_READER = `curl to a file, ${GET_EVENTS}`;

interface Taking {
  readonly socket: string;
  /** The file that holds `EVENTS_REQUEST`. */
  readonly request: string;
  readonly output: string;
}

export const curlArguments = ({ socket, request, output }: Taking): readonly string[] => [
  // It reads nobody's settings.
  "--disable",
  "--no-progress-meter",
  "--no-buffer",
  "--http2-prior-knowledge",
  "--header",
  "content-type: application/grpc",
  "--header",
  "te: trailers",
  "--unix-socket",
  socket,
  "--data-binary",
  `@${request}`,
  "--output",
  output,
  `http://localhost/${GET_EVENTS}`,
];
