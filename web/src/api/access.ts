/** Who may do what: users, roles, keys, and who did what. */

export interface Role {
  name: string;
  rights: string[];
  built_in?: boolean;
}

export interface Grant {
  role: string;
  subtree: string;
}

export interface Key {
  id: number;
  name: string;
  description: string;
  grants: Grant[];
  created: string;
  created_by: string;
  expires: string | null;
  last_used: string | null;
  revoked: string | boolean | null;
}

/** The answer to making a key: the only time that it is shown. */
export interface NewKey extends Key {
  key: string;
}

export interface AuditEntry {
  id: number;
  time: string;
  user: string;
  origin: string;
  action: string;
  target: string;
  old: string | null;
  new: string | null;
  outcome: string;
  detail: string;
}
