/** Which screens a role has, in the order of its rail. The address of a screen is `/desk/<screen>`. */
import type { IconName } from '../../parts/icons';
import type { Key } from '../../text';

export type Screen =
  | 'deposits'
  | 'safe'
  | 'board'
  | 'plans'
  | 'decisions'
  | 'review'
  | 'flags'
  | 'customers'
  | 'ageing'
  | 'users'
  | 'devices'
  | 'books'
  | 'assignments'
  | 'import'
  | 'rescue'
  | 'requests'
  | 'proofs'
  | 'promises'
  | 'dayreports'
  | 'policies';

export interface RailLine {
  screen: Screen;
  icon: IconName;
  title: Key;
}

const LINES: Record<Screen, RailLine> = {
  deposits: { screen: 'deposits', icon: 'inbox', title: 'desk.deposits' },
  safe: { screen: 'safe', icon: 'safe', title: 'desk.safe' },
  board: { screen: 'board', icon: 'board', title: 'desk.board' },
  plans: { screen: 'plans', icon: 'route', title: 'desk.plans' },
  decisions: { screen: 'decisions', icon: 'inbox', title: 'desk.decisions' },
  review: { screen: 'review', icon: 'eye', title: 'desk.review' },
  flags: { screen: 'flags', icon: 'flag', title: 'desk.flags' },
  customers: { screen: 'customers', icon: 'people', title: 'desk.customers' },
  ageing: { screen: 'ageing', icon: 'chart', title: 'desk.ageing' },
  users: { screen: 'users', icon: 'people', title: 'desk.users' },
  devices: { screen: 'devices', icon: 'saved', title: 'desk.devices' },
  books: { screen: 'books', icon: 'book', title: 'desk.books' },
  assignments: { screen: 'assignments', icon: 'link', title: 'desk.assignments' },
  import: { screen: 'import', icon: 'download', title: 'desk.import' },
  rescue: { screen: 'rescue', icon: 'rescue', title: 'desk.rescue' },
  requests: { screen: 'requests', icon: 'message', title: 'desk.requests' },
  proofs: { screen: 'proofs', icon: 'camera', title: 'desk.proofs' },
  promises: { screen: 'promises', icon: 'clock', title: 'desk.promises' },
  dayreports: { screen: 'dayreports', icon: 'paper', title: 'desk.dayreports' },
  policies: { screen: 'policies', icon: 'settings', title: 'desk.policies' },
};

const RAILS: Record<string, Screen[]> = {
  cashier: ['deposits', 'safe', 'rescue'],
  supervisor: ['board', 'requests', 'plans', 'flags', 'decisions', 'review', 'proofs', 'promises', 'dayreports', 'customers', 'ageing', 'assignments', 'devices', 'rescue'],
  administrator: ['users', 'devices', 'books', 'assignments', 'import', 'rescue', 'board', 'flags', 'ageing', 'policies'],
};

/** A collector has no desk: the answer is empty, and the shell says so. */
export function rail_of(role: string): RailLine[] {
  return (RAILS[role] ?? []).map((screen) => LINES[screen]);
}

/** The screen that an address names, if this role has it, else the first of its rail. */
export function screen_of(path: string, role: string): Screen | undefined {
  const rail = RAILS[role] ?? [];
  const named = /^\/desk\/([a-z]+)/.exec(path)?.[1];
  return rail.find((screen) => screen === named) ?? rail[0];
}
