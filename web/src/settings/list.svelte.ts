import { app } from '../app.svelte';
import type { Page } from '../api/types';

/** A list of the server, as the parts of the settings show it; loaded again after each change. */
export class List<T> {
  items = $state.raw<T[] | null>(null);
  error = $state('');

  constructor(private readonly path: string) {
    void this.load();
  }

  async load(): Promise<void> {
    try {
      this.items = (await app.client.call<Page<T>>(this.path)).items;
      this.error = '';
    } catch (failure) {
      this.error = (failure as Error).message;
    }
  }
}
