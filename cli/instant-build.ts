import { cacheRoot } from '../cache/cache-root.ts';
import { type OpenRecord, type RecordCheck, readCheck, requestText } from '../engine/build-record.ts';
import type { BuildEvent } from '../engine/event.ts';
import { isUnchanged, lookAgain, markRecordUsed, type RecordLook } from '../engine/record-check.ts';
import { readActions } from '../engine/recorded-actions.ts';
import { buildRequest, tellsJson } from './build-request.ts';
import { EXIT } from './exit-code.ts';
import { chooseReporter } from './reporters/choose-reporter.ts';

export interface InstantBuild {
  /** Absent when this is no build, or one whose record is missing or no longer right. */
  readonly exitCode?: number;
  /** What its record says, where that is out of date. */
  readonly look?: RecordLook;
}

/** Ends a build that has nothing to do, before anything is loaded that only a build with something to do needs. */
export function instantBuild(args: readonly string[]): InstantBuild {
  const start = performance.now();
  const store = cacheRoot(process.env);
  const record = readCheck(store, requestText(buildRequest(args)));
  const look = record === undefined ? undefined : lookAgain(record);
  if (record === undefined || look === undefined) return {};
  if (!isUnchanged(look)) return { look };
  const { check } = record;
  const json = tellsJson(args);
  const events = json ? everyEvent(store, record) : shownEvents(check);
  if (events === undefined) return {};
  markRecordUsed(store, check);
  const reporter = chooseReporter(json);
  const { file, targets, actions } = check;
  reporter.report({ type: 'started', pipeline: file, targets, actions });
  for (const event of events) reporter.report(event);
  reporter.report({
    type: 'summary',
    ran: 0,
    cached: actions,
    failed: 0,
    skipped: 0,
    seconds: (performance.now() - start) / 1000,
    ...(json || check.moreArtifacts === 0 ? {} : { unlisted: check.moreArtifacts }),
  });
  reporter.close();
  return { exitCode: EXIT.ok };
}

function shownEvents(check: RecordCheck): readonly BuildEvent[] {
  return check.artifacts;
}

function everyEvent(store: string, record: OpenRecord): readonly BuildEvent[] | undefined {
  const recorded = readActions(store, record);
  if (recorded === undefined) return undefined;
  const actions = recorded.outlines.map(({ task, id, fingerprint }): BuildEvent => {
    return { type: 'action', task, id, outcome: 'cached', fingerprint, seconds: 0 };
  });
  return [...actions, ...recorded.head.artifacts];
}
