import type { Texts } from '../texts';
import { connect } from './connect';
import { connectors } from './connectors';
import { edit } from './edit';
import { frame } from './frame';
import { overview } from './overview';
import { settings } from './settings';
import { tree } from './tree';
import { values } from './values';

export const german: Texts = { ...frame, ...values, ...overview, ...tree, ...edit, ...connect, ...connectors, ...settings };
