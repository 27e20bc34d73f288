import { Button, Group, Kbd, Select, Stack, Switch, Text, TextInput, Title } from '@mantine/core';
import { useClipboard, useHotkeys } from '@mantine/hooks';
import {
  IconCheck,
  IconCopy,
  IconDownload,
  IconFileText,
  IconPlayerPause,
  IconPlayerPlay,
  IconSearch,
} from '@tabler/icons-react';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { LogEntry, LogLevel } from '../../../engine/contract';
import { downloadText, EmptyPanel } from '../../components';
import { formatCount } from '../../format';
import { logsStore } from '../../stores';
import { LogDetail } from './log-detail';
import { filterLogs, LOG_LEVELS, type LogFilter, logText, scopesOf } from './log-filter';
import { LogList } from './log-list';

const START: LogFilter = { minimumLevel: 'info', scope: null, text: '' };

/** How many came after `last`; all of them when it has been dropped since. */
function entriesAfter(entries: readonly LogEntry[], last: LogEntry | undefined): number {
  return last === undefined ? entries.length : entries.length - 1 - entries.lastIndexOf(last);
}

/** Entries as they come, or the ones of the moment in which "Pause" was pressed. */
function usePausableEntries() {
  const live = useStore(logsStore, (state) => state.entries);
  const [kept, setKept] = useState<readonly LogEntry[] | null>(null);
  const toggle = () => setKept(kept === null ? live : null);
  const missed = kept === null ? 0 : entriesAfter(live, kept.at(-1));
  return { entries: kept ?? live, paused: kept !== null, missed, toggle };
}

/** Screen "Logs": what the engine says, filtered, followed, copied or saved. */
export function LogsScreen() {
  const { entries, paused, missed, toggle } = usePausableEntries();
  const [filter, setFilter] = useState(START);
  const [follow, setFollow] = useState(true);
  const [opened, setOpened] = useState<LogEntry | null>(null);
  const deferredFilter = useDeferredValue(filter);
  const shown = useMemo(() => filterLogs(entries, deferredFilter), [entries, deferredFilter]);
  const scopes = useMemo(() => scopesOf(entries), [entries]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>Logs</Title>
        <LogActions entries={shown} paused={paused} missed={missed} onPause={toggle} />
      </Group>
      <FilterBar filter={filter} scopes={scopes} onFilter={setFilter} follow={follow} onFollow={setFollow} />
      {shown.length === 0 ? (
        <NoEntries any={entries.length > 0} onReset={() => setFilter({ ...START, minimumLevel: 'debug' })} />
      ) : (
        <LogList
          entries={shown}
          follow={follow && !paused}
          onFollow={setFollow}
          opened={opened}
          onOpen={setOpened}
        />
      )}
      <Text size="xs" c="dimmed">
        {formatCount(shown.length)} of {formatCount(entries.length)} entries; the newest are kept.
      </Text>
      {opened !== null && <LogDetail entry={opened} onClose={() => setOpened(null)} />}
    </Stack>
  );
}

interface FilterBarProps {
  readonly filter: LogFilter;
  readonly scopes: readonly string[];
  readonly onFilter: (filter: LogFilter) => void;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
}

function FilterBar({ filter, scopes, onFilter, follow, onFollow }: FilterBarProps) {
  const search = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => search.current?.focus()]]);
  return (
    <Group gap="sm" align="flex-end">
      <TextInput
        ref={search}
        flex={1}
        miw={200}
        aria-label="Search logs"
        placeholder="Search message and fields"
        leftSection={<IconSearch size={16} />}
        rightSection={<Kbd size="xs">/</Kbd>}
        value={filter.text}
        onChange={(event) => onFilter({ ...filter, text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onFilter({ ...filter, text: '' });
        }}
      />
      <Select
        aria-label="Level"
        w={170}
        allowDeselect={false}
        data={LOG_LEVELS.map((level) => ({
          value: level,
          label: level === 'error' ? 'error only' : `${level} and above`,
        }))}
        value={filter.minimumLevel}
        onChange={(level) => onFilter({ ...filter, minimumLevel: (level ?? 'debug') as LogLevel })}
      />
      <Select
        aria-label="Scope"
        w={160}
        clearable
        placeholder="all scopes"
        data={[...scopes]}
        value={filter.scope}
        onChange={(scope) => onFilter({ ...filter, scope })}
      />
      <Switch
        label="Follow"
        checked={follow}
        onChange={(event) => onFollow(event.currentTarget.checked)}
        mb={8}
      />
    </Group>
  );
}

interface LogActionsProps {
  readonly entries: readonly LogEntry[];
  readonly paused: boolean;
  readonly missed: number;
  readonly onPause: () => void;
}

function LogActions({ entries, paused, missed, onPause }: LogActionsProps) {
  return (
    <Group gap="xs">
      <Button
        variant="default"
        leftSection={paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
        onClick={onPause}
      >
        {paused ? `Resume${missed > 0 ? ` (${formatCount(missed)} new)` : ''}` : 'Pause'}
      </Button>
      <CopyShown entries={entries} />
      <Button
        variant="default"
        leftSection={<IconDownload size={16} />}
        disabled={entries.length === 0}
        onClick={() => downloadText('ferry.log', 'text/plain', `${logText(entries)}\n`)}
      >
        Export
      </Button>
    </Group>
  );
}

/** The text of thousands of lines is made when it is asked for, not with every new entry. */
function CopyShown({ entries }: { readonly entries: readonly LogEntry[] }) {
  const clipboard = useClipboard({ timeout: 1_500 });
  return (
    <Button
      variant="default"
      leftSection={clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
      disabled={entries.length === 0}
      onClick={() => clipboard.copy(logText(entries))}
    >
      {clipboard.copied ? 'Copied' : 'Copy'}
    </Button>
  );
}

function NoEntries({ any, onReset }: { readonly any: boolean; readonly onReset: () => void }) {
  if (!any)
    return (
      <EmptyPanel
        icon={<IconFileText size={32} />}
        title="The engine has said nothing yet"
        description="Loading a model, changing a setting or a failed request each leave a line here."
      />
    );
  return (
    <EmptyPanel
      icon={<IconSearch size={32} />}
      title="No entry matches"
      description="Lower the level, choose all scopes, or search for less."
      action={
        <Button variant="default" onClick={onReset}>
          Show everything
        </Button>
      }
    />
  );
}
