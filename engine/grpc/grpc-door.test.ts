import { afterEach, expect, test } from 'vitest';
import { floatsOf, inferRequest, type OpenGrpcDoor, openGrpcDoor } from './open-grpc-door.fixture';

let open: OpenGrpcDoor | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

test('an inference with a raw tensor comes back as it was sent', async () => {
  open = await openGrpcDoor();
  const answer = await open.client.call('ModelInfer', inferRequest([1, 2.5, -3], { id: 'a' }));
  expect(answer).toMatchObject({ model_name: 'identity', model_version: '1', id: 'a' });
  expect(answer.outputs).toMatchObject([{ name: 'x', datatype: 'FP32', shape: ['1', '3'] }]);
  expect(floatsOf(answer)).toEqual([1, 2.5, -3]);
});
