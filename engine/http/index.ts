export { createHttpDoor, type HttpDoorOptions } from './http-door';
export { MetricsDoor } from './metrics-door';
export { createMetricsPage } from './metrics-page';
