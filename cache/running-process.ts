import { errorCode } from './storage-failure.ts';

/** Whether there is a process with this number; also one of another user's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
