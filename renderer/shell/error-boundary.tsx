import { Button, Code, Stack, Text, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';

/** A fault in one screen must not leave a blank window: it says what happened and offers the way back. */
export class ErrorBoundary extends Component<
  { readonly children: ReactNode },
  { readonly error: Error | null }
> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <Stack p="xl" align="flex-start" role="alert">
        <Title order={2}>This screen has failed</Title>
        <Text>The engine is not affected and goes on serving. Please report what stands below.</Text>
        <Code block>{error.message}</Code>
        <Button onClick={() => this.setState({ error: null })}>Try again</Button>
      </Stack>
    );
  }
}
