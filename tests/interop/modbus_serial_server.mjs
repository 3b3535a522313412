// A Modbus TCP server of npm's modbus-serial that prints its port: modbus_serial_server.mjs PORT [--no-single-writes]
//
// Like pymodbus_server.py: coils and discrete inputs are the same bits, registers start with their number, 500 to 509
// do not exist, 604 answers exception 4 and 640 exception 11, holding registers 930 + n count requests with function n.

import ServerTCP from 'modbus-serial/servers/servertcp.js';

const size = 1000;
const functionCounts = 930;
const bits = new Array(size).fill(false);
const registers = Array.from({ length: size }, (_, number) => (number < 900 ? number : 0));
const inputs = Array.from({ length: size }, (_, number) => number);
const refusedFunctions = process.argv.includes('--no-single-writes') ? [5, 6] : [];

const exception = (code) => ({ modbusErrorCode: code, message: `exception ${code}` });

// Every request comes by here; bits are asked for one by one, registers all at once.
function begin(code, address, count) {
  if (refusedFunctions.includes(code)) throw exception(1);
  if (address + count > size || (address < 510 && address + count > 500)) throw exception(2);
  if (code <= 4 && address <= 604 && address + count > 604) throw exception(4);
  if (code <= 4 && address <= 640 && address + count > 640) throw exception(11);
  registers[functionCounts + code] += 1;
}

const unit = {
  getCoil: (address) => bit(1, address),
  getDiscreteInput: (address) => bit(2, address),
  getHoldingRegister: (address) => several(3, registers, address, 1)[0],
  getMultipleHoldingRegisters: (address, count) => several(3, registers, address, count),
  getInputRegister: (address) => several(4, inputs, address, 1)[0],
  getMultipleInputRegisters: (address, count) => several(4, inputs, address, count),
  setCoil: (address, value) => {
    begin(5, address, 1);
    bits[address] = value;
  },
  setRegister: (address, value) => {
    begin(6, address, 1);
    registers[address] = value;
  },
  setCoilArray: (address, values) => {
    begin(15, address, values.length);
    values.forEach((value, index) => (bits[address + index] = Boolean(value)));
  },
  setRegisterArray: (address, values) => {
    begin(16, address, values.length);
    values.forEach((value, index) => (registers[address + index] = value));
  },
};

function bit(code, address) {
  begin(code, address, 1);
  return bits[address];
}

function several(code, from, address, count) {
  begin(code, address, count);
  return from.slice(address, address + count);
}

const server = new ServerTCP(unit, { host: '127.0.0.1', port: Number(process.argv[2]), unitID: 255 });
server.on('initialized', () => console.log(server._server.address().port));
server.on('socketError', () => {}); // a client that goes away is not a fault
