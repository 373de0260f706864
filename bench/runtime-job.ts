/** A task for piscina, for comparison. */
export default (body: unknown): unknown => body;
