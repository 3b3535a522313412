/** Tables as spreadsheets and databases hand them over: tabs, semicolons or commas between cells, quotes around some. */

/** The cells of a text, line by line. The separator is the first of tab, semicolon, comma that its first line has. */
export function parseTable(text: string): string[][] {
  const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  return new TableReader(plain, separatorOf(plain)).rows();
}

function separatorOf(text: string): string {
  const firstLine = text.slice(0, endOfFirstLine(text)).replace(/"[^"]*"/g, '');
  return ['\t', ';', ','].find((separator) => firstLine.includes(separator)) ?? '\t';
}

function endOfFirstLine(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === '\n' && !quoted) return at;
  }
  return text.length;
}

class TableReader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly separator: string,
  ) {}

  rows(): string[][] {
    const rows: string[][] = [];
    while (this.at < this.text.length) rows.push(this.row());
    while (rows.length > 0 && rows.at(-1)!.every((cell) => cell === '')) rows.pop();
    return rows;
  }

  private row(): string[] {
    const cells = [this.cell()];
    while (this.text[this.at] === this.separator) {
      this.at++;
      cells.push(this.cell());
    }
    this.at++; // the line's end
    return cells;
  }

  private cell(): string {
    if (this.text[this.at] !== '"') return this.until().trim();
    let cell = '';
    for (this.at++; this.at < this.text.length; this.at++) {
      if (this.text[this.at] !== '"') cell += this.text[this.at];
      else if (this.text[this.at + 1] === '"') cell += this.text[++this.at];
      else break;
    }
    this.at++; // the closing quote
    return cell + this.until();
  }

  private until(): string {
    const begin = this.at;
    while (this.at < this.text.length && this.text[this.at] !== this.separator && this.text[this.at] !== '\n') this.at++;
    return this.text.slice(begin, this.at);
  }
}

/** For the clipboard: what a spreadsheet takes apart into cells again. */
export function formatTabs(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((cell) => (/[\t\n"]/.test(cell) ? quoted(cell) : cell)).join('\t')).join('\n');
}

/**
 * A file for spreadsheets. A text that one would take for a formula gets an apostrophe: what users typed must not
 * calculate on the machine of whoever opens the file.
 */
export function formatCsv(rows: readonly (readonly string[])[]): string {
  const safe = (cell: string) => (/^[=+@\t]|^-[^\d.,]/.test(cell) ? `'${cell}` : cell);
  return `\ufeff${rows.map((row) => row.map((cell) => quoted(safe(cell))).join(',')).join('\r\n')}\r\n`;
}

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}
