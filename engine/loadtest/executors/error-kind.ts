import type { HttpResponseParser } from '../http-response-parser';

/** How an answer that is an error is counted: "HTTP 503 QUEUE_FULL", or "HTTP 502" when it names no code. */
export function errorKindOf(response: HttpResponseParser): string {
  const code = response.errorCode();
  return code === '' ? `HTTP ${response.head.status}` : `HTTP ${response.head.status} ${code}`;
}

export const isSuccess = (response: HttpResponseParser): boolean =>
  response.head.status >= 200 && response.head.status < 300;
