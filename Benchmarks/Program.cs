Console.WriteLine("NanoAttention");
