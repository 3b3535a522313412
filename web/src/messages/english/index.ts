import { connect } from './connect';
import { connectors } from './connectors';
import { edit } from './edit';
import { frame } from './frame';
import { overview } from './overview';
import { settings } from './settings';
import { tree } from './tree';
import { values } from './values';

/** English is the measure: the other languages have the shape of this object. */
export const english = { ...frame, ...values, ...overview, ...tree, ...edit, ...connect, ...connectors, ...settings };
