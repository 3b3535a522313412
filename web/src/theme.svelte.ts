export type ThemeChoice = 'system' | 'light' | 'dark';

const kKey = 'tagwerk.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Follows the system until somebody chooses, and remembers the choice. */
class Theme {
  choice = $state<ThemeChoice>(remembered());

  constructor() {
    dark.addEventListener('change', () => this.apply());
    this.apply();
  }

  next(): void {
    this.choice = this.choice === 'system' ? 'light' : this.choice === 'light' ? 'dark' : 'system';
    try {
      localStorage.setItem(kKey, this.choice);
    } catch {
      // Without storage the choice holds for this page only.
    }
    this.apply();
  }

  private apply(): void {
    const isDark = this.choice === 'dark' || (this.choice === 'system' && dark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  }
}

function remembered(): ThemeChoice {
  try {
    const kept = localStorage.getItem(kKey);
    return kept === 'light' || kept === 'dark' ? kept : 'system';
  } catch {
    return 'system';
  }
}

export const theme = new Theme();
