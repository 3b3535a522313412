import { counting } from '../plural';

const counted = counting('en');

export const connectors = {
  connectors: {
    none: 'No device is connected yet',
    log: 'Log',
    trace: 'Trace',
    test: 'Test read',
    settings: 'Settings',
    faults: (n: number) => `${counted(n, { one: 'tag', other: 'tags' })} that it cannot serve:`,
    level: 'Least level',
    levels: { debug: 'Debug', info: 'Info', warn: 'Warning', error: 'Error' },
    pause: 'Hold',
    noLines: 'The log has no such lines.',
    testText: 'Reads registers past the configuration. A click on a reading makes a tag of it.',
    settingsText: 'What stands here holds for all devices of the connector that do not say otherwise.',
    devices: 'Devices',
    newDevice: 'Name of another device',
    addDevice: 'Add device',
    removeDevice: (name: string) => `Remove device ${name}`,
    remove: 'Remove connector',
    removeTitle: (name: string) => `Remove connector ${name}?`,
    removeText: 'It is stopped and taken out of the project, as a revision that can be restored. It must not have tags any more.',
    standard: (value: string) => `${value} when empty`,
    between: (low: number, high: number) => `A whole number from ${low} to ${high}.`,
    keys: {
      enabled: 'Enabled: it runs', host: 'Host', port: 'Port', unit: 'Unit', timeout: 'Timeout', period: 'Period', order: 'Byte order',
      base: 'First register is', max_registers: 'Registers per request', hole: 'Largest hole read along',
    },
  },
  trace: {
    all: 'All devices',
    hex: 'Bytes',
    download: 'Save for Wireshark',
    time: 'Time',
    direction: 'Direction',
    directions: { sent: 'sent', received: 'received' },
    frame: 'Frame',
    delay: 'After',
    none: 'Nothing has gone over the wire yet.',
  },
};
