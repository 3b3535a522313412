import type { connectors as english } from '../english/connectors';
import { counting } from '../plural';

const counted = counting('de');

export const connectors: typeof english = {
  connectors: {
    none: 'Noch ist kein Gerät angebunden',
    log: 'Protokoll',
    trace: 'Mitschnitt',
    test: 'Probelesen',
    settings: 'Einstellungen',
    faults: (n) => `${counted(n, { one: 'Messstelle', other: 'Messstellen' })}, die er nicht bedienen kann:`,
    level: 'Mindestens',
    levels: { debug: 'Einzelheit', info: 'Hinweis', warn: 'Warnung', error: 'Fehler' },
    pause: 'Anhalten',
    noLines: 'Solche Zeilen hat das Protokoll nicht.',
    testText: 'Liest Register an der Konfiguration vorbei. Ein Klick auf eine Lesart macht daraus eine Messstelle.',
    settingsText: 'Was hier steht, gilt für alle Geräte des Konnektors, die nichts anderes sagen.',
    devices: 'Geräte',
    newDevice: 'Name eines weiteren Geräts',
    addDevice: 'Gerät hinzufügen',
    removeDevice: (name) => `Gerät ${name} entfernen`,
    remove: 'Konnektor entfernen',
    removeTitle: (name) => `Konnektor ${name} entfernen?`,
    removeText: 'Er wird gestoppt und aus dem Projekt genommen, als Revision, die sich zurückholen lässt. Er darf keine Messstellen mehr haben.',
    standard: (value) => `${value}, wenn leer`,
    between: (low, high) => `Eine ganze Zahl von ${low} bis ${high}.`,
    keys: {
      enabled: 'Eingeschaltet: Er läuft', host: 'Host', port: 'Port', unit: 'Unit', timeout: 'Zeitgrenze', period: 'Periode', order: 'Byte-Reihenfolge',
      base: 'Erstes Register ist', max_registers: 'Register je Anfrage', hole: 'Größte mitgelesene Lücke',
    },
  },
  trace: {
    all: 'Alle Geräte',
    hex: 'Bytes',
    download: 'Für Wireshark speichern',
    time: 'Zeit',
    direction: 'Richtung',
    directions: { sent: 'gesendet', received: 'empfangen' },
    frame: 'Telegramm',
    delay: 'Nach',
    none: 'Noch ging nichts über die Leitung.',
  },
};
