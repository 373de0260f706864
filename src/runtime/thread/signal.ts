/** Something that happens once. */
export class Signal {
  readonly heard: Promise<void>;
  isHeard = false;
  #resolve: () => void = () => undefined;

  constructor() {
    this.heard = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  tell(): void {
    this.isHeard = true;
    this.#resolve();
  }
}
