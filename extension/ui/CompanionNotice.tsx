import type { CompanionState } from '../messages.ts';
import { Button } from './Button.tsx';
import { PlugIcon } from './Icon.tsx';
import { Notice } from './Notice.tsx';

export interface CompanionNoticeProps {
  state: CompanionState;
  onRetry: () => void;
  /** Asks the browser for what it took away; called in the click. */
  onAllow: () => void;
  onOpenSettings: () => void;
}

/** What stands between the user and stamping, with the next step; nothing when the companion is connected. */
export function CompanionNotice({
  state: { status, message, url },
  onRetry,
  onAllow,
  onOpenSettings,
}: CompanionNoticeProps) {
  if (status === 'connected') return null;
  if (status === 'not-paired') {
    return (
      <Notice
        tone="neutral"
        icon={PlugIcon}
        title="Pair with your companion"
        actions={
          <Button size="small" kind="primary" onClick={onOpenSettings}>
            Pair now
          </Button>
        }
      >
        It runs on this computer, holds the keys and stamps for you.
      </Notice>
    );
  }
  if (status === 'blocked') {
    return (
      <Notice
        tone="unfamiliar"
        title="The browser blocks the connection"
        actions={
          <Button size="small" kind="primary" onClick={onAllow}>
            Allow
          </Button>
        }
      >
        It no longer lets Hashmark reach the companion at 127.0.0.1, on this computer.
      </Notice>
    );
  }
  if (status === 'unreachable') {
    return (
      <Notice
        tone="unfamiliar"
        title="The companion is not running"
        actions={
          <Button size="small" onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {message ?? `Nothing answers at ${url}. Start it with \`npm start\`.`}
      </Notice>
    );
  }
  return (
    <Notice
      tone="contradicted"
      title="The companion refused"
      actions={
        <Button size="small" onClick={onOpenSettings}>
          Pair again
        </Button>
      }
    >
      {message ?? 'It no longer knows this browser. Pair again with a fresh code.'}
    </Notice>
  );
}

const statusTexts: Record<CompanionState['status'], { text: string; tone: string }> = {
  connected: { text: 'Connected', tone: 'confirmed' },
  'not-paired': { text: 'Not paired', tone: 'neutral' },
  unreachable: { text: 'Not running', tone: 'unfamiliar' },
  refused: { text: 'Refused', tone: 'contradicted' },
  blocked: { text: 'Blocked', tone: 'unfamiliar' },
};

/** The companion's state in two words. */
export function CompanionStatus({ state }: { state: CompanionState | undefined }) {
  const { text, tone } = state ? statusTexts[state.status] : { text: 'Asking', tone: 'neutral' };
  return (
    <span class="status" data-tone={tone}>
      <span class="dot" />
      {text}
    </span>
  );
}
