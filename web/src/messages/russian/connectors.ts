import type { connectors as english } from '../english/connectors';
import { counting } from '../plural';

const counted = counting('ru');

export const connectors: typeof english = {
  connectors: {
    none: 'Ни один прибор ещё не подключён',
    log: 'Журнал',
    trace: 'Обмен',
    test: 'Пробное чтение',
    settings: 'Настройки',
    faults: (n) => `Не может обслужить ${counted(n, { one: 'тег', few: 'тега', many: 'тегов', other: 'тега' })}:`,
    level: 'Не ниже',
    levels: { debug: 'Отладка', info: 'Сведения', warn: 'Внимание', error: 'Ошибка' },
    pause: 'Задержать',
    noLines: 'Таких строк в журнале нет.',
    testText: 'Читает регистры помимо конфигурации. Нажмите на прочтение, чтобы сделать из него тег.',
    settingsText: 'Заданное здесь действует для всех приборов коннектора, у которых не задано другое.',
    devices: 'Приборы',
    newDevice: 'Имя ещё одного прибора',
    addDevice: 'Добавить прибор',
    removeDevice: (name) => `Удалить прибор ${name}`,
    remove: 'Удалить коннектор',
    removeTitle: (name) => `Удалить коннектор ${name}?`,
    removeText: 'Он остановится и уйдёт из проекта; это станет ревизией, которую можно вернуть. Тегов у него больше не должно быть.',
    standard: (value) => `если пусто — ${value}`,
    between: (low, high) => `Целое число от ${low} до ${high}.`,
    keys: {
      enabled: 'Включён: работает', host: 'Адрес', port: 'Порт', unit: 'Номер устройства', timeout: 'Ожидание ответа', period: 'Период', order: 'Порядок байтов',
      base: 'Первый регистр', max_registers: 'Регистров за запрос', hole: 'Читать сквозь пропуск до',
    },
  },
  trace: {
    all: 'Все приборы',
    hex: 'Байты',
    download: 'Сохранить для Wireshark',
    time: 'Время',
    direction: 'Куда',
    directions: { sent: 'передано', received: 'принято' },
    frame: 'Посылка',
    delay: 'Через',
    none: 'По линии ещё ничего не проходило.',
  },
};
