export { createGrpcDoor } from './grpc-door';
