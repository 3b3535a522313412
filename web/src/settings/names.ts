import { named, texts } from '../messages';

/** The four roles that every server has are named in the language of the page; others have one name. */
export function roleName(name: string): string {
  return named(texts.user.roles, name);
}

/** What a right allows, in words; "queue:orders" keeps its name behind. */
export function rightName(right: string): string {
  const [kind = '', ...more] = right.split(':');
  const rest = more.join(':');
  const known = (texts.roles.rights as Record<string, string>)[kind] ?? right;
  return rest ? `${known} (${rest})` : known;
}
