export { createHttpDoor, type HttpDoor, type HttpDoorOptions } from './http-door';
