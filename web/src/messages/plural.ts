import { groupDigits } from '../format/digits';

/** The forms a noun takes after a number: English and German have two, Russian has four. */
export interface Forms {
  one: string;
  few?: string;
  many?: string;
  other: string;
}

/** "1 tag", "1 234 тега": the number with the noun in the form that the language wants after it. */
export function counting(language: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(language);
  return (count, forms) => {
    const form = rules.select(count) as keyof Forms;
    return `${groupDigits(String(Math.round(count)))} ${forms[form] ?? forms.other}`;
  };
}
