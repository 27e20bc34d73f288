/** Whether to ask before quitting: only when somebody's requests are being answered. */
export function needsQuitQuestion(requestsPerSecond: number, env: NodeJS.ProcessEnv): boolean {
  return requestsPerSecond > 0 && env.FERRY_SKIP_QUIT_QUESTION !== '1';
}
