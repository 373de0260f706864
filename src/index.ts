/**
 * Parlance for programs: `startNode(options)` and the types that its handle speaks. Re-exports only.
 */
export type * from './chat/contract.js';
export type * from './chat/events.js';
export { answers, questions } from './chat/contract.js';
export { nodeEvents } from './chat/events.js';
export { foreignDialectNames } from './chat/fields.js';
export { deliveryRanks, type DeliveryState, type Direction } from './chat/delivery/entry.js';
export { escapeForTerminal, escapeName } from './chat/people/display.js';
export { invisibleIn, parseOwnName, resolvePeer, sanitiseName } from './chat/people/name.js';
export { oldLineOf } from './chat/delivery/transcript.js';
export { parsePeerId } from './ids.js';
export type { DialectName, Encryption, ForeignDialectName } from './dialects/dialect.js';
export type * from './errors.js';
export type { DoctorWords } from './node/doctor/diagnose.js';
export type * from './node/handle.js';
export { formatAddress, isDottedQuad, isIpAddress, parseEndpoint } from './wire/address.js';
export { presenceWords, type PresenceWord } from './wire/status.js';
export { newMessageId } from './node/message-id.js';
export { startNode } from './node/start.js';
export { topLines } from './runtime/top.js';
export type { SupervisorNode, TreeNode } from './runtime/tree/spec.js';
export type { SystemStats } from './runtime/tree/stats.js';
export { attach } from './ui/api/attach.js';
export type { RemoteNode } from './ui/api/client.js';
export { startHub, type HubHandle, type HubOptions } from './actors/chatbuddy-hub/server.js';
export { openHubClient, type HubClient, type HubClientOptions } from './actors/chatbuddy-hub/client.js';
export type { HubListing, HubUser } from './dialects/chatbuddy/hub-codec.js';
