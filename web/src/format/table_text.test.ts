import { describe, expect, it } from 'vitest';
import { formatCsv, formatTabs, parseTable } from './table_text';

describe('a table from elsewhere', () => {
  it('has tabs between its cells when it comes from a spreadsheet', () => {
    expect(parseTable('a\tb\r\n1,5\t\r\n')).toEqual([['a', 'b'], ['1,5', '']]);
  });
  it('has semicolons where the comma is the decimal sign', () => {
    expect(parseTable('path;scale\n/A;0,1\n')).toEqual([['path', 'scale'], ['/A', '0,1']]);
  });
  it('has commas otherwise, with quotes around what contains one', () => {
    expect(parseTable('a,b\n"1,5","say ""hi"""\n')).toEqual([['a', 'b'], ['1,5', 'say "hi"']]);
  });
  it('may have line ends inside of quotes', () => {
    expect(parseTable('"a\nb"\tc\nd\te')).toEqual([['a\nb', 'c'], ['d', 'e']]);
  });
  it('is a single cell when it is a word', () => {
    expect(parseTable('word')).toEqual([['word']]);
    expect(parseTable('')).toEqual([]);
  });
  it('loses its byte order mark and empty lines at its end', () => {
    expect(parseTable('\ufeffa;b\n1;2\n;\n\n')).toEqual([['a', 'b'], ['1', '2']]);
  });
});

describe('a table for elsewhere', () => {
  it('comes back the same through the clipboard', () => {
    const rows = [['a', 'b "c"'], ['1,5', 'two\nlines'], ['', 'x\ty']];
    expect(parseTable(formatTabs(rows))).toEqual(rows);
  });
  it('has no cell that a spreadsheet would calculate', () => {
    const text = formatCsv([['=1+1', '@x', '+7', '-3.5', '-x', 'plain']]);
    expect(text).toBe('\ufeff"\'=1+1","\'@x","\'+7","-3.5","\'-x","plain"\r\n');
  });
});
