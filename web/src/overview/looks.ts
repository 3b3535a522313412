import type { ConnectorState } from '../api/types';
import type { Look } from './StateMark.svelte';

/** How the state of a connector is drawn: colour only where something is wrong. */
export const kConnectorLooks: Record<ConnectorState, Look> = {
  running: 'normal', stopped: 'passive', starting: 'busy', stopping: 'busy', backoff: 'warn', failed: 'alarm', configuration_error: 'alarm',
};
