import type { Grant } from '../api/access';
import { withSlash } from '../edit/tag_columns';
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

/** As the server takes them: paths with their first slash, nothing for everything. */
export function cleaned(grants: readonly Grant[]): Grant[] {
  return grants.map(({ role, subtree }) => ({ role, subtree: withSlash(subtree.trim()) || '/' }));
}
