export { createGrpcDoor, type GrpcDoor } from './grpc-door';
