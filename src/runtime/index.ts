/** The actor runtime: supervised actors on worker threads, with typed links that survive a crash. */
export {
  actor,
  address,
  child,
  later,
  next,
  reply,
  stop,
  type ActorDefinition,
  type Address,
  type Call,
  type Cast,
  type CallStep,
  type CastStep,
  type ChildOptions,
  type ChildSpec,
  type Context,
  type Ended,
  type ExitReason,
  type Fault,
  type Handler,
  type Links,
  type LogLevel,
  type Placement,
  type ThreadPlacement,
  type Protocol,
  type Receive,
  type Ref,
  type ReplyTo,
  type Restart,
  type Supervision,
  type Step,
} from './actor.js';
export type { Cloneable, Given, Local } from './typing.js';
export type { DeadLetter, DeadLetterReason } from './link/protocol.js';
export type { ActorStats, MemoryStats } from './metrics.js';
export { nativeCall } from './thread/native-call.js';
export { topLines, type TopSize } from './top.js';
export type { SystemStats } from './tree/stats.js';
export { exposeHandle, wrapHandle, type HandleAnswer, type ThreadHandle } from './thread/handle.js';
export { openByteStream, type ByteStream, type StreamHandlers } from './stream.js';
export { router, type Route, type RouterOptions } from './kit/router.js';
export {
  openSource,
  type Entry,
  type Journal,
  type Snapshot,
  type Source,
  type Sourced,
} from './kit/sourced.js';
export { stream } from './kit/stream.js';
export {
  subscription,
  topic,
  type SubscriberName,
  type Subscription,
  type TopicOptions,
  type TopicProtocol,
} from './kit/topic.js';
export type { Meter } from './tree/meter.js';
export { startSupervisor } from './tree/supervisor.js';
export {
  type ActorNode,
  type Strategy,
  type Supervisor,
  type SupervisorEvent,
  type SupervisorNode,
  type SupervisorSpec,
  type SystemOptions,
  type TreeNode,
} from './tree/spec.js';
export { limitsWith, runtime as defaultLimits, type RuntimeLimits } from './limits.js';
export { createPool, type Jobs, type Pool, type PoolOptions } from './pool.js';
export { err, ok } from 'neverthrow';
export { hostActors } from './thread/thread.js';
export type { Timers } from './timers.js';
export type { RuntimeError } from './errors.js';
